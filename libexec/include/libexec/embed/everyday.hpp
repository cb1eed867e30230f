#pragma once

// Everything a program needs that opens an engine, submits, follows, cancels and lists.
#include "libexec/embed/open.hpp"
#include "libexec/embed/order_events.hpp"
#include "libexec/embed/wait.hpp"
#include "libexec/model/order_builder.hpp"
