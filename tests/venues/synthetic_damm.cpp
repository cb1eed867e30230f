#include "synthetic_damm.hpp"

namespace libexec::test {

AccountStates SyntheticDamm::encode() const {
    constexpr PublicKey damm_program = "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"_key;
    constexpr PublicKey damm_authority = "HLnpSz9h2S4hiLQ43rnSD9XkcUThA7B8hQMKmDaiTLcC"_key;
    AccountStates accounts;
    AccountWriter out(1'112);
    out.raw(0, {0xf1, 0x9a, 0x6d, 0x04, 0x11, 0xb1, 0x6d, 0xbc});
    out.number(8, cliff, 8).number(16, mode, 1).number(22, periods, 2);
    if (mode < 2) out.number(24, frequency, 8);
    if (mode == 2) out.number(24, duration, 4).number(28, limit_most, 4);
    if (mode > 2) out.number(24, price_step, 4).number(28, duration, 4);
    out.number(32, reduction, 8);
    out.number(48, 20, 1).number(50, 20, 1).number(54, collects == 2 ? 5'000 : 0, 2);
    if (volatility) {
        out.number(56, 1, 1).number(64, volatility->most, 4).number(68, volatility->control, 4);
        out.number(72, volatility->bin_step, 2).number(74, 10, 2).number(76, 120, 2).number(78, 5'000, 2);
        out.number(80, volatility->updated_at, 8).wide(88, (Wide(volatility->bin_step) << 64) / 10'000);
        out.wide(104, volatility->reference).wide(120, volatility->volatility);
    }
    out.wide(152, first_price);
    for (std::size_t i = 0; i < 2; ++i) {
        tokens[i].encode(damm_authority, accounts);
        out.key(168 + 32 * i, tokens[i].mint).key(232 + 32 * i, tokens[i].vault);
        out.number(482 + i, tokens[i].program == well_known::token_2022_program ? 1 : 0, 1);
        out.number(680 + 8 * i, reserves[i], 8);
    }
    out.wide(360, liquidity).wide(424, least_price).wide(440, most_price).wide(456, price);
    out.number(472, opens_at, 8).number(480, activation, 1).number(481, status, 1);
    out.number(484, collects, 1).number(486, fee_version, 1).number(696, layout, 1);
    accounts[address] = out.owned_by(damm_program);
    return accounts;
}

}  // namespace libexec::test
