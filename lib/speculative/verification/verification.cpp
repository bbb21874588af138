#include "speculative/verification/verification.h"

#include "base/error.h"
#include "speculative/verification/block.h"
#include "speculative/verification/coupled.h"
#include "speculative/verification/rejection.h"
#include "speculative/verification/typical.h"

namespace tenon::speculative {

std::unique_ptr<Verification> make_verification(std::string_view name,
                                                const VerificationOptions& options) {
  if (name == "coupled") return std::make_unique<Coupled>();
  if (name == "rejection") return std::make_unique<Rejection>();
  if (name == "block") return std::make_unique<Block>();
  if (name == "typical")
    return std::make_unique<Typical>(
        TypicalOptions{.epsilon = options.epsilon, .delta = options.delta});
  throw Error(ErrorKind::Usage, "there is no acceptance rule " + quoted(name))
      .hint("the rules are coupled, rejection, block and typical");
}

}  // namespace tenon::speculative
