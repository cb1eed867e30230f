#include "key_watch.hpp"

#include <algorithm>

namespace libexec::server {

std::string describe_keys(const KeyRing& keys, Time now) {
    const auto over = std::count_if(keys.all().begin(), keys.all().end(),
                                    [now](const ApiKey& key) { return !key.stands_at(now); });
    std::string text = std::to_string(keys.all().size()) + (keys.all().size() == 1 ? " key" : " keys");
    if (over > 0) text += ", " + std::to_string(over) + " of them revoked or expired";
    return text;
}

void KeyWatch::look() {
    if (file_.mark() != mark_) read();
}

void KeyWatch::read() {
    // Before the file is read: what is written in between is another state next time.
    mark_ = file_.mark();
    Result<std::vector<ApiKey>> keys = file_.read();
    if (!keys) {
        log_.error("keys.refused", "API_KEYS_FILE " + keys.error().detail + "; the keys stay as they are");
        return;
    }
    if (!gate_.replace(std::move(keys).value())) return;
    log_.info("keys.reloaded", "the API keys have changed",
              {{"file", file_.path()}, {"keys", std::to_string(gate_.keys()->all().size())}});
}

}  // namespace libexec::server
