"""`python -m imagine_kernels.serve`: the service of models as the hub starts it, without any model in memory."""

import os


def main() -> None:
    """Answers until it is asked to end, and ends the process of models with itself."""
    import uvicorn

    from hub_config import credentials, label_studio_app
    from hub_config.services import PREFIXES
    from hub_config.settings import load
    from imagine_kernels.serve import app
    from imagine_kernels.serve.pictures import LabelStudio
    from imagine_kernels.serve.worker import Worker

    settings = load()
    os.umask(0o077)
    at = settings.addresses
    label_studio = LabelStudio(
        label_studio_app.folder(settings) / "media",
        at.public,
        PREFIXES["label-studio"],
        at.backend(at.label_studio_port),
    )
    worker = Worker(settings.idle.model_minutes * 60)
    try:
        uvicorn.run(
            app.create(app.House(credentials.load(settings).door_secret, label_studio, worker)),
            host=at.ip,
            port=at.models_port,
            lifespan="off",
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
    finally:
        worker.stop()


if __name__ == "__main__":
    main()
