#pragma once

#include <functional>

#include "libexec/embed/open.hpp"
#include "libexec/telemetry/log.hpp"
#include "routes.hpp"
#include "settings.hpp"

namespace libexec::server {

/// Reads every setting again, as the start did.
using ReadOptions = std::function<ResolvedOptions()>;

/// Reads the settings again and applies those that may change while execd runs; says of the others that they
/// need a restart. With any error nothing changes. One thread at a time; everything handed in outlives it.
class Reload {
public:
    /// `in_force` is what the start was made with.
    Reload(ReadOptions read, ResolvedOptions in_force, Routes& routes, Service& service, Log& log);

    void run();

private:
    void apply(const Options& options);
    void apply_tokens(const std::string& path);
    void say_change(const ResolvedValue& from, const ResolvedValue& to);

    const ReadOptions read_;
    ResolvedOptions in_force_;
    TokenList::Snapshot tokens_;
    Routes& routes_;
    Service& service_;
    Log& log_;
};

}  // namespace libexec::server
