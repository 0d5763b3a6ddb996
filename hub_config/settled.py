"""Starts a command as a person: a fork settles by itself, `python -m hub_config.settled JOB` settles and becomes JOB.

Standard library only, and run by itself, so that nothing happens between fork and exec in the hub with its threads.
"""

import os
import sys

from imagine_kernels.launch.settling import Job, become, default_signals


def main() -> None:
    """Becomes the person, then the command of the job given as JSON. Ends with a sentence where it may not."""
    job = Job.from_json(sys.argv[1].encode())
    try:
        become(job.person, job.control_groups)
        os.umask(job.umask)
        os.chdir(job.cwd)
        default_signals()
        os.execvp(job.argv[0], job.argv)  # noqa: S606
    except OSError as error:
        sys.exit(f"{job.argv[0]} could not be started: {error}")


if __name__ == "__main__":
    main()
