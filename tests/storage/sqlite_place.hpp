#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "libexec/storage/sqlite_store.hpp"
#include "libexec/telemetry/log.hpp"
#include "support/store_conformance.hpp"

namespace libexec::test {

/// A directory of its own, gone with the test.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = std::filesystem::temp_directory_path() / "libexec-storage-XXXXXX";
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    std::string file(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// A database file in a directory of its own.
class SqlitePlace final : public StorePlace {
public:
    SqlitePlace() { config.path = directory.file("orders.db"); }
    static std::unique_ptr<StorePlace> make() { return std::make_unique<SqlitePlace>(); }

    std::unique_ptr<OrderStore> open(const Clock& clock, EventBus& bus) override {
        return open_sqlite_store(config, clock, bus, *log);
    }

    TemporaryDirectory directory;
    SqliteStoreConfig config;
    std::unique_ptr<Log> log = make_silent_log();
};

}  // namespace libexec::test
