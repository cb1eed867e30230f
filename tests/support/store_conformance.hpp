#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/engine/order_store.hpp"

namespace libexec::test {

/// Where one store's data lives. The first `open` finds it empty; a later one, after the store was destroyed,
/// finds what it held.
class StorePlace {
public:
    virtual ~StorePlace() = default;
    virtual std::unique_ptr<OrderStore> open(const Clock& clock, EventBus& bus) = 0;
};

class StoreWorld;

/// One promise of the port, as a sentence and a check that it is kept.
struct StoreLaw {
    const char* sentence;
    void (*check)(StoreWorld& world);
};

/// What every order store promises. A test case runs them with `check_store`.
const std::vector<StoreLaw>& store_write_laws();
const std::vector<StoreLaw>& store_attempt_laws();
const std::vector<StoreLaw>& store_read_laws();
/// Those that use several threads, and ask the store from inside `publish`.
const std::vector<StoreLaw>& store_thread_laws();
/// Those that open the same place again.
const std::vector<StoreLaw>& store_restart_laws();

/// Runs each law on a new place, within a doctest test case.
void check_store(const std::vector<StoreLaw>& laws,
                 const std::function<std::unique_ptr<StorePlace>()>& new_place);

}  // namespace libexec::test
