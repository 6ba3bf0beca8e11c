# liquid_nav with ROS 2 from PyPI, for trying it and for developing:
#   docker build -t liquid_nav .
#   docker run --rm --shm-size=1g -v "$PWD/flights:/liquid_nav/flights" liquid_nav make fly
FROM debian:12-slim AS system
# Versions are those of Debian 12.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      make git ca-certificates python3 python3-venv libegl1 libgl1 libgl1-mesa-dri \
 && rm -rf /var/lib/apt/lists/*

FROM system
WORKDIR /liquid_nav
COPY . .
RUN make setup TORCH_INDEX=https://download.pytorch.org/whl/cpu
CMD ["make", "fly"]
