/** QEMU's command line for a guest of the lab. */
import type { BaseImage } from './image.ts';
import { CONTROL_MAC, measuredNic } from './network.ts';
import type { LabNic } from './nic-models.ts';

/** `icount` is emulation whose time counts instructions: the same work takes the same time, however busy the host is. */
export type Accelerator = 'kvm' | 'tcg' | 'icount';

const ACCELERATION: Record<Accelerator, string[]> = {
  kvm: ['-accel', 'kvm', '-cpu', 'host'],
  tcg: ['-accel', 'tcg,thread=multi', '-cpu', 'max'],
  // 2^3 ns an instruction: slow enough for a busy machine to keep up with.
  icount: ['-accel', 'tcg,thread=single', '-cpu', 'max', '-icount', 'shift=3,sleep=on'],
};

export interface GuestMachine {
  vm: string;
  image: BaseImage;
  initrd: string;
  /** The measured ones. */
  nics: readonly LabNic[];
  /** Number of the first of them among those of all guests of the run. */
  firstNic: number;
  accelerator: Accelerator;
  vcpus: number;
  qmpSocket: string;
  /** Where QEMU listens for the host's end of the agent's channel. */
  channelSocket: string;
  forwardedPorts: readonly ForwardedPort[];
}

/** A TCP port of the host namespace's loopback that leads to one of the guest's control address. */
export interface ForwardedPort {
  host: number;
  guest: number;
}

export const QEMU = 'qemu-system-x86_64';
export const CONTROL_ADDRESS = '10.0.2.15';
/** What the guest calls the host namespace's loopback. */
export const CONTROL_GATEWAY = '10.0.2.2';
/** What the guest's agent looks for. */
const CHANNEL_NAME = 'org.hopscope.agent.0';
/** Of each guest. */
export const MEMORY_MIB = 768;
const KERNEL_ARGUMENTS = [
  ...['console=ttyS0', 'quiet', 'panic=-1', 'net.ifnames=0', 'mitigations=off'],
  // Less for an emulated CPU to do: no security modules, audit or self-tests, no waiting for RCU.
  ...['lsm=', 'audit=0', 'cryptomgr.notests', 'no_timer_check', 'tsc=reliable', 'rcupdate.rcu_expedited=1'],
];

export function qemuArguments(machine: GuestMachine): string[] {
  const forwards = machine.forwardedPorts.map(
    ({ host, guest }) => `,hostfwd=tcp:127.0.0.1:${host}-${CONTROL_ADDRESS}:${guest}`,
  );
  return [
    ...bootArguments(machine.accelerator, machine.image.kernel.vmlinuz, machine.initrd, machine.vcpus),
    // Its threads have names: the host agent tells the vCPUs' by them.
    ...['-name', `guest=${machine.vm},debug-threads=on`],
    ...['-qmp', `unix:${machine.qmpSocket},server=on,wait=off`],
    ...['-chardev', `socket,id=agent,path=${machine.channelSocket},server=on,wait=off`],
    ...['-device', 'virtio-serial-pci', '-device', `virtserialport,chardev=agent,name=${CHANNEL_NAME}`],
    // Written blocks go to a file that QEMU has already unlinked: the image stays as it is.
    ...['-drive', `file=${machine.image.disk},format=raw,if=virtio,snapshot=on`],
    ...['-drive', `file=${machine.image.kernel.modulesDisk},format=raw,if=virtio,readonly=on`],
    ...machine.nics.flatMap((nic, at) => nicArguments(nic, machine.firstNic + at)),
    ...['-netdev', `user,id=control,restrict=off${forwards.join('')}`],
    ...['-device', `virtio-net-pci,netdev=control,mac=${CONTROL_MAC}`],
  ];
}

/** @param index of the NIC among those of the run */
function nicArguments({ model }: LabNic, index: number): string[] {
  const { tap, mac } = measuredNic(index);
  return [
    ...['-netdev', `tap,id=measured${index},ifname=${tap},script=no,downscript=no`],
    ...['-device', `${model},netdev=measured${index},mac=${mac}`],
  ];
}

/** What every boot has in common, the KVM probe's too: CPU, memory, kernel, console on standard output. */
export function bootArguments(accelerator: Accelerator, kernel: string, initrd: string, vcpus = 1): string[] {
  return [
    ...ACCELERATION[accelerator],
    ...['-smp', String(vcpus), '-m', String(MEMORY_MIB)],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-kernel', kernel, '-initrd', initrd],
    // panic=-1 with -no-reboot: a panic ends QEMU, which the lab sees at once.
    ...['-append', KERNEL_ARGUMENTS.join(' ')],
  ];
}
