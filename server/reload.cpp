#include "reload.hpp"

#include <algorithm>

#include "config_file.hpp"
#include "tls_files.hpp"

namespace libexec::server {

Reload::Reload(ReadOptions read, ResolvedOptions in_force, Routes& routes, Service& service,
               ShowIdentity show, const Clock& clock, Log& log)
    : read_(std::move(read)),
      in_force_(std::move(in_force)),
      tokens_(std::make_shared<const TokenRegistry>(service.tokens())),
      routes_(routes),
      service_(service),
      show_(std::move(show)),
      clock_(clock),
      log_(log) {}

void Reload::run() {
    const ResolvedOptions found = read_();
    if (!found.errors.empty()) {
        for (const std::string& error : found.errors) log_.error("config.error", error);
        log_.error("config.reload_refused", "the settings have errors: nothing has changed");
        return;
    }
    // What is heard least of comes last: a line about the change is written while the log still takes it.
    const bool more = found.options.log_level < in_force_.options.log_level;
    if (more) log_.set_level(found.options.log_level);
    apply(found.options);  // before anybody is told
    bool changed = false;
    for (std::size_t i = 0; i < found.values.size(); ++i) {
        ResolvedValue& old = in_force_.values[i];
        if (old.text == found.values[i].text) continue;
        changed = true;
        say_change(old, found.values[i]);
        // One that needs a restart stays what it is, and is spoken of again next time.
        if (old.setting->live) old = found.values[i];
    }
    apply_tokens(found.options.engine.tokens_file);
    apply_identity(found.options);
    if (!changed) log_.info("config.unchanged", "read again: no setting differs");
    if (!more) log_.set_level(found.options.log_level);
}

void Reload::say_change(const ResolvedValue& from, const ResolvedValue& to) {
    if (to.setting->live) {
        log_.info("config.reloaded", "a setting has changed",
                  {{"setting", std::string(to.setting->env)},
                   {"from", shown_text(from)},
                   {"to", shown_text(to)},
                   {"origin", describe_origin(to)}});
    } else {
        log_.warn("config.needs_restart", "a changed setting counts from the next start on",
                  {{"setting", std::string(to.setting->env)},
                   {"from", shown_text(from)},
                   {"to", shown_text(to)},
                   {"origin", describe_origin(to)}});
    }
}

void Reload::apply(const Options& options) {
    RoutesLimits limits;
    limits.rate_limit = options.rate_limit;
    limits.ws_per_order = options.ws_per_order;
    limits.queue_limit = options.engine.queue_limit;
    routes_.set_limits(limits);
    ServiceLimits engine;
    engine.queue_limit = options.engine.queue_limit;
    engine.orders_per_minute = options.engine.orders_per_minute;
    service_.set_limits(engine);
    in_force_.options.log_level = options.log_level;
}

void Reload::apply_tokens(const std::string& path) {
    TokenRegistry registry = TokenRegistry::with_defaults();
    if (!path.empty()) {
        // Read a second time: what was checked a moment ago may have changed.
        const std::optional<std::string> text = read_text_file(path);
        const Result<Done> added = text ? registry.add_lines(*text)
                                        : Result<Done>(reject(Reason::invalid_parameter, "cannot be read"));
        if (!added) {
            log_.error("config.error", "TOKENS_FILE '" + path + "': " + added.error().detail +
                                           "; the tokens stay as they are");
            return;
        }
    }
    if (registry.all() == tokens_->all()) return;
    log_.info("config.reloaded", "the tokens have changed",
              {{"setting", "TOKENS_FILE"},
               {"from", std::to_string(tokens_->all().size()) + " tokens"},
               {"to", std::to_string(registry.all().size()) + " tokens"},
               {"origin", path.empty() ? std::string("default") : path}});
    tokens_ = std::make_shared<const TokenRegistry>(std::move(registry));
    routes_.set_tokens(tokens_);
}

/// Read by the check a moment ago, so what is shown is what was checked.
void Reload::apply_identity(const Options& options) {
    std::shared_ptr<const TlsIdentity>& shown = in_force_.options.http.tls;
    const std::string before = describe_identity(shown.get());
    const std::string after = describe_identity(options.http.tls.get());
    shown = options.http.tls;
    show_(shown);
    if (before != after)
        log_.info("config.reloaded", "new connections are shown another certificate",
                  {{"setting", "TLS_CERT"}, {"from", before}, {"to", after}, {"origin", options.tls_cert}});
    const std::string warning = validity_warning(shown.get(), clock_.now());
    if (!warning.empty()) log_.warn("tls.validity", warning);
}

}  // namespace libexec::server
