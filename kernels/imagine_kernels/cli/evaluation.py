"""`imagine evaluate`: how good a model is on what people labelled, in figures with their intervals."""

from imagine_kernels.cli import words


def evaluate(
    name: words.Name,
    data: words.Data,
    model: words.ModelName = None,
    weights: words.Weights = None,
) -> None:
    """Tell how good a model is on labelled folders."""
    from imagine_kernels.evaluate import evaluate_folder

    found = evaluate_folder(name, data, model=model, weights=weights)
    print(f"accuracy {found.accuracy}, macro-F1 {found.macro_f1} on {found.count} pictures (95 % intervals)")
    print(f"calibration error {found.calibration_error:.3f}")
    for label, recall in found.recall.items():
        print(f"recall of {label} {recall}")
