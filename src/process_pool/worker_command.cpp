#include "process_pool/worker_command.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "support/program.h"
#include "worker/marker.h"
#include "worker/worker_entry.h"

extern char** environ;

namespace cf {
namespace {

ErrorRef check_access(const std::string& path, int mode, std::string_view what) {
    // Folders pass access() as executable, but nothing can run or load them.
    struct stat status {};
    int error = access(path.c_str(), mode) == 0 && stat(path.c_str(), &status) == 0 ? 0 : errno;
    if (error == 0 && S_ISDIR(status.st_mode)) error = EISDIR;
    if (error == 0) return nullptr;
    return Error::system(error, text("the ", what, " '", path, "' cannot be used"));
}

/// The installed cfutures-worker: beside the library, in the bin folder of the same prefix.
std::string worker_program() {
    // A privileged program must not be led elsewhere by its environment (S-05).
    if (const char* path = trusted_environment("CFUTURES_WORKER_PROGRAM")) return path;
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&worker_program), &info) == 0) return {};
    std::string folder = info.dli_fname;
    folder.resize(folder.find_last_of('/') == std::string::npos ? 0 : folder.find_last_of('/'));
    // prefix/lib/libcfutures.so, or prefix/lib/<architecture>/libcfutures.so
    for (const char* bin : {"/../bin/", "/../../bin/"}) {
        std::string path = folder + bin + "cfutures-worker";
        if (access(path.c_str(), X_OK) == 0) return path;
    }
    return folder + "/../bin/cfutures-worker";
}

ErrorRef resolve_self(ResolvedCommand& resolved) {
    if (!passed_worker_entry()) {
        return Error::create(
            CF_STATUS_INVALID_STATE,
            "this program has not called cf_worker_entry(), so it cannot be run again as its own "
            "worker; call cf_worker_entry() early in main, or choose other workers with "
            "cf_process_pool_options_set_worker_libraries()");
    }
    resolved.path = program_path();  // (W-16)
    resolved.argv = {program_name()};
    resolved.display = program_name();
    return nullptr;
}

ErrorRef resolve_libraries(const std::vector<std::string>& libraries, ResolvedCommand& resolved) {
    resolved.path = worker_program();
    if (ErrorRef error = check_access(resolved.path, X_OK, "worker program")) return error;
    resolved.argv = {resolved.path};
    for (const std::string& library : libraries) {
        if (ErrorRef error = check_access(library, R_OK, "worker library")) return error;
        resolved.argv.push_back(library);
    }
    resolved.display = resolved.path;
    return nullptr;
}

ErrorRef resolve_program(const WorkerCommand& command, ResolvedCommand& resolved) {
    switch (command.way) {
        case WorkerCommand::Way::kSelf:
            return resolve_self(resolved);
        case WorkerCommand::Way::kLibraries:
            return resolve_libraries(command.words, resolved);
        case WorkerCommand::Way::kCommand:
            break;
    }
    resolved.path = resolved.display = command.words.front();
    resolved.argv = command.words;
    return check_access(resolved.path, X_OK, "worker program");
}

/// A copy, since the host may change its own while workers start.
std::vector<std::string> worker_environment(const WorkerSettings& settings) {
    std::vector<std::string> entries;
    if (settings.environment) {
        entries = *settings.environment;
    } else {
        for (char** entry = environ; *entry != nullptr; ++entry)
            entries.emplace_back(*entry);
    }
    const std::string marker = std::string(kWorkerMarker) + '=';
    const std::string depth = std::string(kWorkerDepth) + '=';
    const std::string role = std::string(kWorkerRole) + '=';
    std::erase_if(entries, [&](const std::string& entry) {
        return entry.starts_with(marker) || entry.starts_with(depth) || entry.starts_with(role);
    });
    entries.push_back(text(marker, kWorkerSocket));
    entries.push_back(text(depth, nesting_depth() + 1));
    return entries;
}

}  // namespace

ErrorRef resolve(const WorkerCommand& command, const WorkerSettings& settings,
                 ResolvedCommand& resolved_out) {
    if (ErrorRef error = resolve_program(command, resolved_out)) return error;
    resolved_out.environment = worker_environment(settings);
    resolved_out.settings = settings;
    return nullptr;
}

}  // namespace cf
