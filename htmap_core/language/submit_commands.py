"""The submit commands that HTCondor knows, by version; those that look like a name which it does not know.

The names come from three sources: the keywords in HTCondor's ``submit_utils.h``; the lines that ``condor_submit -dry-run`` of
25.14 does not call unused, among them names of attributes that it takes for a command; and the libraries of the wheels 24.0.24,
24.12.24, 25.0.14 and 25.14.1, which have only the names that they know. ``condor_submit`` warns of other names, the bindings
drop them in silence.

Left out are ``RequestMemory`` and its like, ``KeepClaimIdle``, and names that HTCondor has given up: they have no effect beside
the defaults of HTMap, or none at all.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from htmap_core.language.submit_text import RESERVED_COMMANDS

Version = tuple[int, int]

LATEST: Version = (25, 14)
"""The last version whose commands are listed here."""

_OF_ALL_VERSIONS = """
    accounting_group accounting_group_user acctgroupuser allow_arguments_v1 allow_environment_v1
    allowed_execute_duration allowed_job_duration allowedexecuteduration allowedjobduration append_files appendfiles
    arc_application arc_data_staging arc_resources arc_rte args arguments arguments2 aws_access_key_id_file aws_region
    aws_secret_access_key_file azure_admin_key azure_admin_username azure_auth_file azure_image azure_location
    azure_size batch_extra_submit_args batch_id batch_name batch_project batch_queue batch_runtime buffer_block_size
    buffer_files buffer_size bufferblocksize bufferfiles buffersize checkpoint_destination checkpoint_exit_code
    cloud_label_names compress_files compressfiles concurrency_limits concurrency_limits_expr container_image
    container_service_names container_target_dir containerimage containertargetdir core_size coresize cron_day_of_month
    cron_day_of_week cron_hour cron_minute cron_month cron_prep_time cron_window crondayofmonth crondayofweek cronhour
    cronminute cronmonth cuda_version cudaversion dag_node_name dagman_job_id dagman_log dagmanjobid dagnodename
    deferral_prep_time deferral_time deferral_window deferralpreptime deferraltime deferralwindow
    delegate_job_gsi_credentials_lifetime delegatejobgsicredentialslifetime description disk_usage docker_image
    docker_network_type docker_override_entrypoint docker_pull_policy dockernetworktype dockeroverrideentrypoint
    dockerpullpolicy dont_encrypt_input_files dont_encrypt_output_files dontencryptinputfiles dontencryptoutputfiles
    ec2_access_key_id ec2_ami_id ec2_availability_zone ec2_block_device_mapping ec2_ebs_volumes ec2_elastic_ip
    ec2_iam_profile_arn ec2_iam_profile_name ec2_instance_type ec2_key_pair_file ec2_keyp_air ec2_keypair
    ec2_keypair_file ec2_parameter_names ec2_secret_access_key ec2_security_groups ec2_security_ids ec2_spot_price
    ec2_tag_names ec2_user_data ec2_user_data_file ec2_vpc_ip ec2_vpc_subnet ec2accesskeyid ec2secretaccesskey
    email_attributes emailattributes encrypt_execute_directory encrypt_input_files encrypt_output_files
    encryptexecutedirectory env environment environment2 erase_output_and_error_on_restart eraseoutputanderroronrestart
    error executable fetch_files fetchfiles file_remaps fileremaps gce_account gce_auth_file gce_image gce_json_file
    gce_machine_type gce_metadata gce_metadata_file gce_preemptible get_env getenv gpus_maximum_capability
    gpus_minimum_capability gpus_minimum_memory gpus_minimum_runtime grid_resource gs_access_key_id_file
    gs_secret_access_key_file hold hold_kill_sig holdkillsig image_size initial_dir initialdir input interactive_args
    isnoopjob jar_files jarfiles java_vm_args java_vm_arguments java_vm_arguments2 javavmargs job_ad_information_attrs
    job_iwd job_lease_duration job_machine_attrs job_machine_attrs_history_length job_max_vacate_time
    jobadinformationattrs jobbatchid jobbatchname jobdescription jobleaseduration jobmachineattrs
    jobmachineattrshistorylength jobmaterializelimit jobmaterializemaxidle jobmaxvacatetime jobnotification jobprio
    jobset jobsetname jobstarterdebug jobstarterlog jobuniverse keep_claim_idle kill_sig kill_sig_timeout killsig
    killsigtimeout lastmatchlistlength leave_in_queue leavejobinqueue load_profile loadprofile local_files localfiles
    log log_xml machine_count manifest manifest_dir manifestdesired manifestdir match_list_length materialize_max_idle
    max_idle max_job_retirement_time max_materialize max_retries max_transfer_input_mb max_transfer_output_mb
    maxjobretirementtime maxtransferinputmb maxtransferoutputmb next_job_start_delay nextjobstartdelay nice_user
    niceuser node_count nodecount noop_job noop_job_exit_code noop_job_exit_signal noopjobexitcode noopjobexitsignal
    notification notify_user notifyuser on_exit_hold on_exit_hold_reason on_exit_hold_subcode on_exit_remove onexithold
    onexitremove output output_destination outputdestination outputdirectory parallel_script_shadow
    parallel_script_starter periodic_hold periodic_hold_reason periodic_hold_subcode periodic_release periodic_remove
    periodic_vacate periodichold periodicholdsubcode periodicrelease periodicremove periodicvacate preferences
    preserve_relative_paths preserverelativepaths prio priority public_input_files publicinputfiles rank
    remote_initialdir remoteiwd remove_kill_sig removekillsig request_cpus request_disk request_gpus request_memory
    requestgpus require_gpus requiregpus requirements retry_until run_as_owner runasowner s3_access_key_id_file
    s3_secret_access_key_file scitokens_file scitokensfile should_transfer_files shouldtransferfiles skip_filechecks
    skip_if_dataflow skipifdataflow stack_size stacksize starter_debug starter_log stderr stdin stdout stream_error
    stream_input stream_output submit_event_notes submit_event_user_notes submiteventusernotes
    submitfailemptyfields submitfailemptymatches submitwarnduplicatematches submitwarnemptyfields submitwarnemptymatches
    success_exit_code successcheckpointexitcode suspend_job_at_exec tool_daemon_args tool_daemon_arguments
    tool_daemon_arguments2 tool_daemon_cmd tool_daemon_error tool_daemon_input tool_daemon_output tooldaemoncmd
    transfer_checkpoint_files transfer_container transfer_error transfer_executable transfer_input transfer_input_files
    transfer_output transfer_output_files transfer_output_remaps transfer_plugins transfercheckpoint transfercontainer
    transferinputfiles transferoutputfiles transferoutputremaps ulog_execute_attrs universe use_oauth_services
    use_scitoken use_scitokens use_x509userproxy useoauthservices userlogexecuteeventattrs vm_checkpoint vm_disk
    vm_macaddr vm_memory vm_networking vm_networking_type vm_no_output_vm vm_type vm_vcpus vm_vnc want_graceful_removal
    want_io_proxy wantgracefulremoval wantioproxy wantnametag wantparallelscheduling when_to_transfer_output
    whentotransferoutput x509userproxy xen_initrd xen_kernel xen_kernel_params xen_root
"""

# By the last version that is known not to have them.
_NEWER_THAN: dict[Version, str] = {
    (24, 0): """
    docker_send_credentials dockersendcredentials interactive_executable mount_under_scratch mountunderscratch
    output_directory primary_unix_group primaryunixgroup shell want_job_networking wantjobnetworking
    """,
    (25, 0): """
    commoninputfiles container_is_common containeriscommon on_evict_checks project_name retry_request_disk
    retry_request_memory retry_request_memory_increase retry_request_memory_max submit_event_notes_attrs
    transfer_common_input
    """,
}

_COMMANDS = frozenset(_OF_ALL_VERSIONS.split())
_NEWER = {name: version for version, names in _NEWER_THAN.items() for name in names.split()}

# Names with a part that is up to the user.
_FAMILIES = re.compile(
    r"(ec2_tag|ec2_parameter|cloud_label|transform_body|on_evict_check|remote)_\w+"
    r"|\w+_container_port|\w+_oauth_(permissions|resource|options)(_\w+)?"
)
_RESOURCE = re.compile(r"(request|require)_(\w+)")
_RESOURCES = ("cpus", "memory", "disk", "gpus")

_MACRO = re.compile(r"\$\w*\(([^()]*)\)")
_NAME = re.compile(r"[A-Za-z_]\w*")
_DEFINITION = re.compile(r"(?:^|[\n;\[])\s*([A-Za-z_]\w*)\s*=(?!=)")

_SHOWN = 3
_CLOSE = 0.75  # of difflib's ratio, at most 1


def is_command(name: str, version: Version) -> bool:
    """Return whether HTCondor of a *version* knows a submit command; *name* is in lower case.

    >>> is_command("request_memory", (24, 0)), is_command("retry_request_memory", (24, 0)), is_command("memory", (24, 0))
    (True, False, False)
    """
    if name in _NEWER:
        return version > _NEWER[name]
    return name in _COMMANDS or _FAMILIES.fullmatch(name) is not None


def is_newer(name: str) -> bool:
    """Return whether a command is known that the oldest versions do not have."""
    return name in _NEWER


def custom_resource(name: str) -> str | None:
    """Return the resource in the name of a command for a resource of a pool's own: ``fpgas`` of ``request_fpgas``; else None."""
    found = _RESOURCE.fullmatch(name)
    return None if found is None or found[2] in _RESOURCES else found[2]


def nearest(name: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """Return up to three commands that somebody who wrote *name* may have meant, the likeliest first.

    >>> nearest("memory")
    ('request_memory',)

    :param more: names that are known besides the submit commands.
    """
    if (resource := custom_resource(name)) is not None:
        return tuple(f"request_{each}" for each in _near_resources(resource))
    known = sorted({*(_COMMANDS - RESERVED_COMMANDS), *_NEWER, *more})
    close = difflib.get_close_matches(name, known, n=_SHOWN, cutoff=_CLOSE)
    squashed = name.replace("_", "")
    requests = [f"request_{each}" for each in _near_resources(name.removeprefix("request"))]
    same = [each for each in known if each.replace("_", "") == squashed and each != squashed]
    if found := [*requests, *same]:
        return tuple(dict.fromkeys(found))[:_SHOWN]
    return tuple(close)


def _near_resources(name: str) -> list[str]:
    starts = [each for each in _RESOURCES if len(name) >= _SHOWN and each.startswith(name)]
    return starts or difflib.get_close_matches(name, _RESOURCES, n=1, cutoff=_CLOSE)


def referred_to(text: str) -> set[str]:
    """Return the names in the macros of a value, in lower case.

    >>> sorted(referred_to("$(folder)/$F(path)"))
    ['folder', 'path']
    """
    return {name.casefold() for inside in _MACRO.findall(text) for name in _NAME.findall(inside)}


def defined(extended_commands: str) -> set[str]:
    r"""Return the commands that a pool's parameter EXTENDED_SUBMIT_COMMANDS defines, in lower case.

    >>> sorted(defined("LongJob = true\nProject = undefined"))
    ['longjob', 'project']
    """
    return {name.casefold() for name in _DEFINITION.findall(extended_commands)}
