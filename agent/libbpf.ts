/**
 * The kernel by name: the few functions of libbpf and libc that the agent
 * calls, through koffi. Pointers are opaque values; a null pointer means the
 * call failed and `errno()` says why, if it is asked at once.
 */
import koffi from 'koffi';

export type Pointer = bigint;

const bpf = koffi.load('libbpf.so.1');
const libc = koffi.load('libc.so.6');

export const libbpf = {
  setPrint: bpf.func('void *libbpf_set_print(void *print)'),
  openFile: bpf.func('void *bpf_object__open_file(const char *path, void *opts)'),
  loadObject: bpf.func('int bpf_object__load(void *obj)'),
  closeObject: bpf.func('void bpf_object__close(void *obj)'),
  findMap: bpf.func('void *bpf_object__find_map_by_name(void *obj, const char *name)'),
  findProgram: bpf.func('void *bpf_object__find_program_by_name(void *obj, const char *name)'),
  nextProgram: bpf.func('void *bpf_object__next_program(void *obj, void *prev)'),
  programName: bpf.func('const char *bpf_program__name(void *prog)'),
  setAutoload: bpf.func('int bpf_program__set_autoload(void *prog, bool autoload)'),
  programFd: bpf.func('int bpf_program__fd(void *prog)'),
  attach: bpf.func('void *bpf_program__attach(void *prog)'),
  destroyLink: bpf.func('int bpf_link__destroy(void *link)'),
  mapFd: bpf.func('int bpf_map__fd(void *map)'),
  setInitialValue: bpf.func('int bpf_map__set_initial_value(void *map, const void *data, size_t size)'),
  setMaxEntries: bpf.func('int bpf_map__set_max_entries(void *map, uint32 entries)'),
  lookup: bpf.func('int bpf_map_lookup_elem(int fd, const void *key, _Out_ uint8_t *value)'),
  update: bpf.func('int bpf_map_update_elem(int fd, const void *key, const void *value, uint64 flags)'),
  remove: bpf.func('int bpf_map_delete_elem(int fd, const void *key)'),
  testRun: bpf.func('int bpf_prog_test_run_opts(int fd, void *opts)'),
  possibleCpus: bpf.func('int libbpf_num_possible_cpus()'),
  enableStats: bpf.func('int bpf_enable_stats(int type)'),
  objectInfo: bpf.func('int bpf_obj_get_info_by_fd(int fd, _Inout_ uint8_t *info, _Inout_ uint32 *length)'),
  tcHookCreate: bpf.func('int bpf_tc_hook_create(_Inout_ uint8_t *hook)'),
  tcAttach: bpf.func('int bpf_tc_attach(uint8_t *hook, _Inout_ uint8_t *opts)'),
  tcDetach: bpf.func('int bpf_tc_detach(uint8_t *hook, uint8_t *opts)'),
};

export const system = {
  mmap: libc.func('void *mmap(void *at, size_t length, int prot, int flags, int fd, long offset)'),
  munmap: libc.func('int munmap(void *at, size_t length)'),
  close: libc.func('int close(int fd)'),
  flock: libc.func('int flock(int fd, int operation)'),
  clockGettime: libc.func('int clock_gettime(int clock, _Out_ uint8_t *time)'),
  ioctl: libc.func('int ioctl(int fd, ulong request, _Inout_ uint8_t *argument)'),
  bpf: libc.func('long syscall(long number, long command, _Inout_ uint8_t *attributes, long size)'),
};

/** Number of the bpf system call, by architecture. */
export const SYS_BPF = process.arch === 'arm64' ? 280 : 321;

const ERRNO_NAMES = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));

/** Name of an error number, as in `EPERM`; libbpf also returns it negated. */
export function errorName(number: number): string {
  return ERRNO_NAMES.get(Math.abs(number)) ?? `error ${Math.abs(number)}`;
}

/** Name of the error of the call just made. */
export function lastError(): string {
  return errorName(koffi.errno());
}

/** libbpf writes to stderr unless it is told not to; failures come back as values. */
export function silenceLibbpf(): void {
  libbpf.setPrint(null);
}
