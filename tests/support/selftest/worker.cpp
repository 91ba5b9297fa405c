#include "worker.h"

#include <string_view>

#include "support/early_main.h"
#include "support/process_gate.h"

int cf_test_early_main(int argc, char** argv) {
    if (argc != 3 || std::string_view(argv[1]) != kWorkerArgument) return -1;
    cf_test::ProcessGate::pass(argv[2]);
    return kWorkerStatus;
}
