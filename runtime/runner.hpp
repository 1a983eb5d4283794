#pragma once

#include "netc/core/abi.hpp"

extern "C" {
#include "runtime/runner.h"
}
