#include "storage/faulty_disk.hpp"

#include <sqlite3.h>

#include <cstring>
#include <stdexcept>

namespace libexec::test {
namespace {

// SQLite keeps its list of file systems for the whole process, so the switchboard is one as well.
std::atomic<int> fault_now{0};
std::atomic<int> faults_left{0};
std::atomic<int> faults_happened{0};

bool strikes(FaultyDisk::Fault fault) {
    if (fault_now != static_cast<int>(fault)) return false;
    if (faults_left.fetch_sub(1) <= 0) {
        faults_left = 0;
        return false;
    }
    ++faults_happened;
    return true;
}

/// What SQLite allocates for a file: our head, then the real file.
struct File {
    sqlite3_file base;
    bool is_log;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return of(file)->real(); }

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    if (of(file)->is_log) {
        if (strikes(FaultyDisk::Fault::full)) return SQLITE_FULL;
        if (strikes(FaultyDisk::Fault::read_only)) return SQLITE_READONLY;
    }
    return real(file)->pMethods->xWrite(real(file), data, size, at);
}
int sync(sqlite3_file* file, int flags) {
    if (of(file)->is_log && strikes(FaultyDisk::Fault::sync_lost)) return SQLITE_IOERR_FSYNC;
    return real(file)->pMethods->xSync(real(file), flags);
}

int close(sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); }
int read(sqlite3_file* f, void* d, int n, sqlite3_int64 at) {
    return real(f)->pMethods->xRead(real(f), d, n, at);
}
int truncate(sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); }
int file_size(sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); }
int lock(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int check_lock(sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
int control(sqlite3_file* f, int op, void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); }
int sector_size(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
int traits(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
int shm_lock(sqlite3_file* f, int at, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}
void shm_barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int shm_unmap(sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

sqlite3_io_methods make_methods() {
    sqlite3_io_methods methods{};
    methods.iVersion = 2;
    methods.xClose = close;
    methods.xRead = read;
    methods.xWrite = write;
    methods.xTruncate = truncate;
    methods.xSync = sync;
    methods.xFileSize = file_size;
    methods.xLock = lock;
    methods.xUnlock = unlock;
    methods.xCheckReservedLock = check_lock;
    methods.xFileControl = control;
    methods.xSectorSize = sector_size;
    methods.xDeviceCharacteristics = traits;
    methods.xShmMap = shm_map;
    methods.xShmLock = shm_lock;
    methods.xShmBarrier = shm_barrier;
    methods.xShmUnmap = shm_unmap;
    return methods;
}

const sqlite3_io_methods methods = make_methods();
sqlite3_vfs* machine = nullptr;
sqlite3_vfs faulty{};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    File* const mine = of(file);
    mine->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    mine->base.pMethods = nullptr;
    std::memset(mine->real(), 0, static_cast<std::size_t>(machine->szOsFile));
    const int result = machine->xOpen(machine, name, mine->real(), flags, out_flags);
    if (mine->real()->pMethods != nullptr) mine->base.pMethods = &methods;
    return result;
}

}  // namespace

FaultyDisk::FaultyDisk() {
    machine = sqlite3_vfs_find(nullptr);
    if (machine == nullptr) throw std::runtime_error("SQLite has no file system");
    faulty = *machine;
    faulty.szOsFile = machine->szOsFile + static_cast<int>(sizeof(File));
    faulty.zName = "libexec-faulty";
    faulty.xOpen = open;
    if (sqlite3_vfs_register(&faulty, 1) != SQLITE_OK)
        throw std::runtime_error("SQLite refused the faulty disk");
    faults_happened = 0;
    heal();
}

FaultyDisk::~FaultyDisk() { sqlite3_vfs_unregister(&faulty); }

void FaultyDisk::fail(Fault fault, int times) {
    faults_left = times;
    fault_now = static_cast<int>(fault);
}

int FaultyDisk::failures() const { return faults_happened; }

}  // namespace libexec::test
