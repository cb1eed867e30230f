#pragma once

#include <atomic>

namespace libexec::test {

/// A disk that misbehaves when told to: SQLite's files go through it while it lives. One at a time; make it
/// before the store is opened, and let it outlive the store.
class FaultyDisk {
public:
    enum class Fault : int {
        none,
        full,       ///< writes find no space
        read_only,  ///< writes are forbidden
        sync_lost,  ///< the data is written, its way to the disk is not confirmed
    };

    FaultyDisk();
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    /// The next `times` operations of the kind fail, on the write-ahead log alone.
    void fail(Fault fault, int times = 1'000'000'000);
    void heal() { fail(Fault::none, 0); }
    /// How many operations have failed.
    int failures() const;
};

}  // namespace libexec::test
