#pragma once

#include <memory>
#include <string>

#include "../write_backend.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/telemetry/log.hpp"
#include "write_tables.hpp"

namespace libexec {

/// Writes row by row into the file.
class SqliteBackend final : public WriteBackend {
public:
    SqliteBackend(std::string path, std::string owner, const Clock& clock, Log& log)
        : path_(std::move(path)), owner_(std::move(owner)), clock_(clock), log_(log) {}

    /// The first time it brings the schema up to date and drops the claims of an earlier process.
    StoreStanding connect() override;
    Trial attempt(Ops operations, bool isolated) override;
    std::optional<bool> landed(const Trial& trial) override;
    void probe() override;
    /// Copies the log into the database file.
    void finish() override;

private:
    class RowWriter;
    void undo();

    const std::string path_;
    const std::string owner_;
    const Clock& clock_;
    Log& log_;
    std::unique_ptr<WriteTables> tables_;  ///< null after a failure that may have spoilt the connection
    Totals totals_;
    bool claims_dropped_ = false;
};

}  // namespace libexec
