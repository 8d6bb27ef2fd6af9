import { describe, expect, it } from 'vitest';
import { channelSocketOf, nicModelOf, readQemu } from '../../../agent/host/qemu-command-line.ts';

/** As a shell would split it; no word of these has a space. */
const words = (line: string) => line.trim().split(/\s+/);

/** As libvirt 9 writes it, shortened to what matters: two NICs behind descriptors. */
const LIBVIRT = words(`
  /usr/bin/qemu-system-x86_64 -name guest=web1,debug-threads=on -S
  -object {"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/qemu/domain-1-web1/key.aes"}
  -machine pc-q35-7.2,usb=off,dump-guest-core=off,memory-backend=pc.ram -accel kvm -cpu host,migratable=on
  -m size=2097152k -smp 2,sockets=2,cores=1,threads=1
  -netdev {"type":"tap","fd":"33","vhost":true,"vhostfd":"35","id":"hostnet0"}
  -device {"driver":"virtio-net-pci","netdev":"hostnet0","id":"net0","mac":"52:54:00:11:22:33","bus":"pci.1","addr":"0x0"}
  -netdev {"type":"tap","fds":"36:37","id":"hostnet1"}
  -device {"driver":"e1000e","netdev":"hostnet1","id":"net1","mac":"52:54:00:11:22:34","bus":"pci.2","addr":"0x0"}
`);

describe('a command line of libvirt', () => {
  it('tells name, accelerator and vCPUs', () => {
    expect(readQemu(LIBVIRT)).toEqual({ name: 'web1', accelerator: 'kvm', vcpus: 2 });
  });

  it('tells the model of each NIC by the descriptor of its tap', () => {
    expect(nicModelOf(LIBVIRT, { name: 'vnet0', fd: '33' })).toBe('virtio-net-pci');
    expect(nicModelOf(LIBVIRT, { name: 'vnet1', fd: '37' })).toBe('e1000e');
    expect(nicModelOf(LIBVIRT, { name: 'vnet2', fd: '99' })).toBe('');
  });

  it('is read in its older form too', () => {
    const older = words(
      '-name guest=db,,1,debug-threads=on -machine pc-i440fx-2.8,accel=kvm,usb=off -netdev tap,fd=26,id=hostnet0,vhost=on,vhostfd=28 -device rtl8139,netdev=hostnet0,id=net0',
    );
    expect(readQemu(older)).toMatchObject({ name: 'db,1', accelerator: 'kvm' });
    expect(nicModelOf(older, { name: 'vnet0', fd: '26' })).toBe('rtl8139');
  });
});

describe('a command line written by hand', () => {
  it.each([
    ['-name web7', 'web7'],
    ['-name web7,process=qemu-web7', 'web7'],
    ['-name debug-threads=on,guest=web7', 'web7'],
    ['--name web7', 'web7'],
    ['-m 512', ''],
  ])('%s has the name %j', (line, name) => {
    expect(readQemu(words(line)).name).toBe(name);
  });

  it.each([
    ['-accel kvm', 'kvm'],
    ['-accel tcg,thread=multi', 'tcg'],
    ['-accel kvm -accel tcg', 'kvm'],
    ['-accel accel=xen', 'xen'],
    ['-machine q35,accel=kvm', 'kvm'],
    ['-machine accel=kvm:tcg', 'kvm'],
    ['-M pc,accel=hvf', 'hvf'],
    ['-enable-kvm', 'kvm'],
    ['--enable-kvm', 'kvm'],
    ['-machine q35', 'tcg'],
  ])('%s runs on %s', (line, accelerator) => {
    expect(readQemu(words(line)).accelerator).toBe(accelerator);
  });

  it.each([
    ['-smp 4', 4],
    ['-smp 4,sockets=1,cores=4', 4],
    ['-smp cpus=3', 3],
    ['-smp sockets=2,cores=3,threads=2', 12],
    ['-m 512', 1],
  ])('%s has %i vCPUs', (line, vcpus) => {
    expect(readQemu(words(line)).vcpus).toBe(vcpus);
  });

  it.each([
    ['-netdev tap,id=n0,ifname=tap0,script=no -device e1000,netdev=n0', 'e1000'],
    ['-device virtio-net-pci,mac=02:00:00:00:00:01,netdev=n0 -netdev tap,ifname=tap0,id=n0', 'virtio-net-pci'],
    ['-netdev user,id=u -device rtl8139,netdev=u -netdev tap,id=n0 -device pcnet,netdev=n0', 'pcnet'],
    [
      '-netdev tap,id=a,ifname=tap9 -device e1000,netdev=a -netdev tap,id=b,ifname=tap0 -device pcnet,netdev=b',
      'pcnet',
    ],
    ['-nic tap,ifname=tap0,model=virtio-net-pci', 'virtio-net-pci'],
    ['-nic user,model=e1000', ''],
    ['-netdev {"type":"tap" -device e1000,netdev=n0', ''],
  ])('%s puts a %j behind tap0', (line, model) => {
    expect(nicModelOf(words(line), { name: 'tap0', fd: '7' })).toBe(model);
  });
});

describe("the socket of the agent's channel", () => {
  const NAME = 'org.hopscope.agent.0';
  const LIBVIRT_CHANNELS = words(`
    -chardev socket,id=charchannel0,fd=31,server=on,wait=off
    -device {"driver":"virtserialport","bus":"virtio-serial0.0","nr":1,"chardev":"charchannel0","id":"channel0","name":"org.qemu.guest_agent.0"}
    -chardev socket,id=charchannel1,fd=32,server=on,wait=off
    -device {"driver":"virtserialport","bus":"virtio-serial0.0","nr":2,"chardev":"charchannel1","id":"channel1","name":"${NAME}"}
  `);

  it('is a descriptor where libvirt opened it', () => {
    expect(channelSocketOf(LIBVIRT_CHANNELS, NAME)).toEqual({ path: '', fd: '32' });
    expect(channelSocketOf(LIBVIRT_CHANNELS, 'org.other.0')).toBeNull();
    expect(channelSocketOf(LIBVIRT, NAME)).toBeNull();
  });

  it.each([
    ['socket,path=/run/a.sock,server=on,wait=off,id=x', { path: '/run/a.sock', fd: '' }],
    ['socket,id=x,path=a.sock,server,nowait', { path: 'a.sock', fd: '' }],
    ['backend=socket,id=x,path=/run/a,,b.sock,server=on', { path: '/run/a,b.sock', fd: '' }],
    ['socket,id=x,path=/run/a.sock', null],
    ['socket,id=x,path=/run/a.sock,server=off', null],
    ['socket,id=x,host=127.0.0.1,port=4000,server=on', null],
    ['pty,id=x', null],
    ['socket,id=y,path=/run/a.sock,server=on', null],
  ])('-chardev %s is %j', (chardev, socket) => {
    const line = `-chardev ${chardev} -device virtio-serial-pci -device virtserialport,chardev=x,name=${NAME}`;
    expect(channelSocketOf(words(line), NAME)).toEqual(socket);
  });
});
