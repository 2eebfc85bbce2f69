"""What can stop a run; every message names the cause and the cure."""


class PipelineError(Exception):
    """Base of all errors of this package: the run failed."""


class ConfigurationError(PipelineError):
    """The run's YAML file is wrong."""


class DataError(PipelineError):
    """The corpora cannot be used as they are: line counts that differ, anomalies, nothing left."""


class GateRefusedError(PipelineError):
    """The candidate was not blessed, so it was not pushed."""


class ServingCheckError(PipelineError):
    """A model server could not load the candidate, or answered something else than the trainer's search."""


class PushError(PipelineError):
    """The candidate could not be pushed; nothing of it is visible."""


class WorkspaceBusyError(PipelineError):
    """Another run is using the same workspace."""


class LeaseLostError(PipelineError):
    """This run was stalled, and another has taken its workspace over."""


class ComponentError(PipelineError):
    """A component failed for a reason that is no error of ours."""
