#include "worker/shared_page.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/seals.h"
#include "support/system_calls.h"

namespace cf {
namespace {

ErrorRef claim_page_error(std::string_view reason) {
    return Error::create(CF_STATUS_PROTOCOL_ERROR, text("the pool's claim page ", reason));
}

}  // namespace

ErrorRef map_claim_page(int descriptor, ClaimPage*& page_out) {
    if (!size_is_sealed(descriptor)) {
        return claim_page_error("is not shared memory of sealed size");
    }
    struct stat status {};
    if (fstat(descriptor, &status) != 0 || status.st_size != static_cast<off_t>(kSharedSize)) {
        return claim_page_error(text("is not ", kSharedSize, " bytes long"));
    }
    void* memory = system_calls().mmap(nullptr, kSharedSize, PROT_READ | PROT_WRITE, MAP_SHARED,
                                       descriptor, 0);
    if (memory == MAP_FAILED) return Error::system(errno, "cannot map the pool's claim page");
    auto* page = static_cast<ClaimPage*>(memory);
    if (page->magic != kClaimPageMagic || page->version != kClaimPageVersion ||
        page->slots != kClaimSlots || page->answer_space != kAnswerSpace) {
        system_calls().munmap(memory, kSharedSize);
        return claim_page_error("is of an unknown layout");
    }
    page_out = page;
    return nullptr;
}

}  // namespace cf
