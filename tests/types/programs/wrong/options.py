"""Map options of types that they do not take."""

from __future__ import annotations

import htmap

htmap.MapOptions(request_cpus=1.5)  # wrong: arg-type | reportArgumentType
htmap.MapOptions(request_memory=object())  # wrong: arg-type | reportArgumentType
htmap.MapOptions(requirements=5)  # wrong: arg-type | reportArgumentType
htmap.MapOptions(environment=5)  # wrong: arg-type | reportArgumentType
htmap.MapOptions(accounting_group=5)  # wrong: arg-type | reportArgumentType
htmap.MapOptions(walltime=None, chunksize="many")  # wrong: arg-type | reportArgumentType
htmap.MapOptions(expected_runtime=[1, 2])  # wrong: arg-type | reportArgumentType
htmap.MapOptions(max_retries="often")  # wrong: arg-type | reportArgumentType
htmap.MapOptions(retry_exceptions=5)  # wrong: arg-type | reportArgumentType
htmap.MapOptions(retry_exceptions=[int])  # wrong: list-item | reportArgumentType
htmap.MapOptions(checkpoint="perhaps")  # wrong: arg-type | reportArgumentType
htmap.MapOptions(fixed_input_files=5)  # wrong: arg-type | reportArgumentType
htmap.MapOptions(input_files=5)  # wrong: arg-type | reportArgumentType
htmap.MapOptions(output_remaps={"out.txt": 5})  # wrong: arg-type | reportArgumentType
htmap.MapOptions(rank=object())  # wrong: arg-type | reportArgumentType
htmap.MapOptions("2GB")  # wrong: call-arg | reportCallIssue
htmap.MapOptions().request_memory = "2GB"  # wrong: attr-defined | reportAttributeAccessIssue
