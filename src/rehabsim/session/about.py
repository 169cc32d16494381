"""What a session tells once a second of itself: all that does not change. Pure."""

from rehabsim.base.site import Session, Site
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.messages import BlockPlace, SessionMessage
from rehabsim.training.scenario import Stage


def session_message(
    site: Site,
    session: Session,
    scenario: Stage,
    header: LogHeader,
    block: BlockPlace | None,
    *,
    log: str,
    seq: int,
) -> SessionMessage:
    """Return what is published of a session, for clients that join late.

    Args:
        site: The room.
        session: What is trained.
        scenario: The world.
        header: Of the log.
        block: Of a programme that it is, or None.
        log: Name of the log's file, or empty.
        seq: Counts these messages.
    """
    return SessionMessage(
        boot_id=header.boot_id,
        seq=seq,
        start_utc_ns=header.start_utc_ns,
        version=header.version,
        is_replay=False,
        site=site.name,
        treadmill_url=site.treadmill.url,
        plates_url=site.plates.url,
        platform_url="" if site.platform is None else site.platform.url,
        subject=session.subject,
        patient=session.patient,
        seed=session.seed,
        scenario=scenario.name,
        params={key: str(value) for key, value in session.params.items()},
        limits=site.limits.model_dump(exclude={"perturbation"}),
        log=log,
        needs_display=session.needs_display,
        dials=scenario.dials,
        block=block,
    )
