"""HTMap on the access points of LIGO, Virgo and KAGRA (IGWN): the accounting tag that all jobs need, and tokens for data.

https://computing.docs.ligo.org/guide says what is here, in its pages on HTCondor. Nothing of it was tried there. These are
assumptions:

- Nothing in HTCondor's configuration tells these access points from others. So the rules hold wherever this file is named.
- The account of a person has a full stop in its name (`albert.einstein`). Others are shared, and their jobs must say whose
  they are.
- Where an access point uses the issuer of IGWN, the program that HTCondor's `SEC_CREDENTIAL_STORER` names gets and stores a
  token. It is given the service, with `&scopes=` and `&audience=`. Where an access point has an issuer of its own
  (`use_oauth_services = scitokens`), nothing need be stored.

ligo.toml has what you choose.
"""

import getpass
import shlex
import subprocess

import htmap
from htmap_core import Check, HTMapException, connect, hookimpl, quoted

REMEMBERED = "IgwnTokens"  # an attribute of the jobs
STORER = "SEC_CREDENTIAL_STORER"
PATIENCE = 600  # seconds: the first time it asks you to log in with a browser


class TagNeeded(HTMapException):
    """Jobs would fail at once, because they have no accounting tag. Nothing was submitted."""


class NoToken(HTMapException):
    """The tokens that jobs need could not be had. Nothing was submitted."""


@hookimpl
def htmap_setup_credentials(submit, plan):
    if plan.pool.address.pool != "machine":
        return
    if submit.has("use_oauth_services"):
        _refuse_untagged(submit)  # before somebody has to log in
    storer = connect(plan.pool.address).parameter(STORER)
    if (asked := _asked(submit)) and storer:
        _store(shlex.split(storer), asked)


def _asked(submit):
    """Return what the storer is given, for each service; of components that run again, what it was given before."""
    if (before := submit.get(f"MY.{REMEMBERED}")) is not None:
        return before.strip('"').split()
    services = (submit.get("use_oauth_services") or "").replace(",", " ").split()
    return [_with_scopes(submit, service) for service in services if service != "scitokens"]


def _with_scopes(submit, service):
    said = {"scopes": f"{service}_oauth_permissions", "audience": f"{service}_oauth_resource"}
    found = {word: submit.get(command) for word, command in said.items()}
    return "".join([service, *(f"&{word}={','.join(value.split())}" for word, value in found.items() if value)])


def _store(storer, asked):
    try:
        # Not captured: it may show an address to log in at. Nothing of it belongs to standard output.
        ended = subprocess.run([*storer, *asked], stdout=2, timeout=PATIENCE, check=False).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoToken(
            f"{storer[0]}, which stores tokens, does not work: {error}. `{shlex.join([*storer, *asked])}`"
        ) from error
    if ended:
        raise NoToken(f"no token was stored: exit code {ended}. `{shlex.join([*storer, *asked])}` says why")


@hookimpl
def htmap_rewrite_submit(submit, plan):
    if plan.pool.address.pool != "machine":
        return
    _refuse_untagged(submit)
    if asked := _asked(submit):
        submit.set_attribute(REMEMBERED, quoted(" ".join(asked)))


def _refuse_untagged(submit):
    if not submit.has("accounting_group"):
        tag = "`htmap set MAP_OPTIONS.accounting_group ligo.dev.o4.cbc.explore.test`"
        raise TagNeeded(
            f"jobs without an accounting tag fail at once. {tag}, with yours: https://accounting.ligo.org/user"
        )
    if _is_shared() and not submit.has("accounting_group_user"):
        user = "`htmap set MAP_OPTIONS.accounting_group_user albert.einstein`"
        raise TagNeeded(
            f"{getpass.getuser()!r} is a shared account, whose jobs must say whose they are. {user}, with your name"
        )


def _is_shared():
    return "." not in getpass.getuser()


@hookimpl
def htmap_checks(pool):
    if pool.address.pool != "machine":
        return []
    tag = htmap.settings.get("MAP_OPTIONS.accounting_group")
    if not tag:
        text = "no accounting tag is set for all maps, and jobs without one fail at once"
        return [
            Check("accounting", "note", text, "`htmap set MAP_OPTIONS.accounting_group TAG`, or say it for each map")
        ]
    return [Check("accounting", "ok", f"jobs count for {tag}")]
