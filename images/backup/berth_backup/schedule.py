"""schedule.py: what is due when."""

from datetime import UTC, datetime

from croniter import croniter

# The most thorough first: it takes the place of the others that are due at the same time.
BACKUPS = ("full", "diff", "incr")


def following(expression, after):
    """The next time of a cron expression, in UTC; None for an empty one."""
    if not expression:
        return None
    return croniter(expression, datetime.fromtimestamp(after, UTC)).get_next(float)


def plan(expressions, planned, now):
    """The next time of each job.

    planned: what was planned before; it stands, so that a restart misses nothing. A time that the expression would not
    name from now on is planned anew: the settings changed, or the clock was wrong.
    """
    times = {}
    for job, expression in expressions.items():
        fresh = following(expression, now)
        before = planned.get(job)
        if fresh is None:
            continue
        times[job] = before if before is not None and before <= fresh else fresh
    return times


def due(times, now):
    """The jobs whose time has come; of backups only the most thorough one."""
    jobs = [job for job, at in times.items() if at <= now]
    backups = [job for job in BACKUPS if job in jobs][:1]
    return backups + [job for job in jobs if job not in BACKUPS]


def after_run(expressions, times, job, now):
    """The times once a job has run: a backup also stands for the less thorough ones that are due."""
    ran = BACKUPS[BACKUPS.index(job) :] if job in BACKUPS else (job,)
    return {name: following(expressions[name], now) if name in ran and at <= now else at for name, at in times.items()}
