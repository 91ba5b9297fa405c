// The selftest is its own worker program, started with these arguments.
#pragma once

constexpr const char* kWorkerArgument = "--pass-gate";  // followed by the path of a ProcessGate
constexpr int kWorkerStatus = 7;                        // its exit status behind the gate
