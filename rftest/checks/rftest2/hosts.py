"""VMs of one network on two hosts, each with a virtual switch of its own."""

from lab.errors import expect
from lab.lab import Lab
from lab.vmhost import Guest


def ports_hang_on_the_host_of_their_vm(lab: Lab) -> None:
    """rfserver knows each VM's ports on the virtual switch of the VM's own host"""
    expected = {vm.vm_id: f"{(vm.host if isinstance(vm, Guest) else lab.virtual_switch).datapath_id:016x}"
                for vm in lab.vms.values()}
    expect(len(set(expected.values())) == 2, "all VMs are on one host")
    found = [(row["vm_id"], row.get("vs_id")) for row in lab.mongod.rftable() if "vm_id" in row]
    expect(len(found) > len(expected), f"{len(found)} rows", lab.rfserver.log)
    for vm_id, vs_id in found:
        expect(vs_id == expected[vm_id], f"a port of {vm_id} hangs on {vs_id}, not {expected[vm_id]}", lab.rfserver.log)
