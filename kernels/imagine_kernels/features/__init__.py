"""One object of a grey picture → its EcoTaxa features, in pixels; in units where the pixel's side is known."""

from imagine_kernels.features.ecotaxa import measure
from imagine_kernels.features.particle import Particle, find
from imagine_kernels.features.units import physical

__all__ = ["Particle", "find", "measure", "physical"]
