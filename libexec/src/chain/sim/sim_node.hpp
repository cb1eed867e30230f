#pragma once

#include <string>
#include <utility>

#include "libexec/chain/expiry_proof.hpp"
#include "libexec/chain/sim/sim_chain.hpp"
#include "sim_ledger.hpp"

namespace libexec {

/// One node's view of the simulated chain: the same ledger, some slots ago, through its faults.
class SimNode final : public ChainNode {
public:
    SimNode(std::string name, SimNodeFaults faults, std::uint64_t lag_slots, SimSlots& slots,
            SimLedger& ledger)
        : name_(std::move(name)), faults_(faults), lag_slots_(lag_slots), slots_(slots), ledger_(ledger) {}

    std::string_view name() const override { return name_; }
    /// Other faults from now on.
    void become(SimNodeFaults faults, std::uint64_t lag_slots) {
        faults_ = faults;
        lag_slots_ = lag_slots;
    }

    Task<Result<NodeHeight>> finalized() override {
        if (faults_.silent) co_return reject(Reason::service_unavailable, "no answer (simulated)");
        NodeHeight height;
        height.slot = view() - SimSlots::finality_lag;
        height.height = faults_.slot_as_height ? height.slot : SimSlots::height_of(height.slot);
        co_return height;
    }

    Task<Result<NodeStatus>> status(std::string signature, std::uint64_t) override {
        if (faults_.silent) co_return reject(Reason::service_unavailable, "no answer (simulated)");
        NodeStatus status;
        status.context_slot = view();
        ledger_.settle();
        const SimLedger::Entry* const entry = faults_.forgets ? nullptr : ledger_.find(signature);
        status.found =
            entry != nullptr && entry->second.landed() && entry->second.slot <= status.context_slot;
        co_return status;
    }

private:
    std::uint64_t view() const { return slots_.now() - lag_slots_; }

    const std::string name_;
    SimNodeFaults faults_;
    std::uint64_t lag_slots_;
    SimSlots& slots_;
    SimLedger& ledger_;
};

}  // namespace libexec
