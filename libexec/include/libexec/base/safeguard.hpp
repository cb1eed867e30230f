#pragma once

/// LIBEXEC_SAFEGUARD(name): a rule of the protocol at the place where it is kept. Always true, for the
/// compiler too: the simulation alone compiles the engine once more with a meaning of its own for it, so that
/// it can take one rule away and see a checker catch that (tests/sim/safeguards.hpp).
#ifndef LIBEXEC_SAFEGUARD
#define LIBEXEC_SAFEGUARD(name) true
#endif
