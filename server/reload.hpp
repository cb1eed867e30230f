#pragma once

#include <functional>
#include <memory>

#include "libexec/embed/open.hpp"
#include "libexec/telemetry/log.hpp"
#include "routes.hpp"
#include "settings.hpp"

namespace libexec::server {

/// Reads every setting again, as the start did.
using ReadOptions = std::function<ResolvedOptions()>;
/// Shows new connections another certificate, or none.
using ShowIdentity = std::function<void(std::shared_ptr<const TlsIdentity>)>;

/// Reads the settings again and applies those that may change while execd runs; says of the others that they
/// need a restart. With any error nothing changes. One thread at a time; everything handed in outlives it.
class Reload {
public:
    /// `in_force` is what the start was made with.
    Reload(ReadOptions read, ResolvedOptions in_force, Routes& routes, Service& service, ShowIdentity show,
           const Clock& clock, Log& log);

    void run();

private:
    void apply(const Options& options);
    void apply_tokens(const std::string& path);
    void apply_identity(const Options& options);
    void say_change(const ResolvedValue& from, const ResolvedValue& to);

    const ReadOptions read_;
    ResolvedOptions in_force_;
    TokenList::Snapshot tokens_;
    Routes& routes_;
    Service& service_;
    ShowIdentity show_;
    const Clock& clock_;
    Log& log_;
};

}  // namespace libexec::server
