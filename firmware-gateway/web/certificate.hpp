// The dashboard's own certificate: a given one, or one that the gateway makes for itself.
//
// A self-made certificate belongs to no authority: a browser asks once, and the person compares its fingerprint with
// the one in the log. It has a P-256 key, names this box and is valid from 2020 to 2049, because a box without a clock
// must be able to make it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace gateway {

struct CertificateFiles {
  std::filesystem::path certificate;  // PEM, with the chain if there is one
  std::filesystem::path key;          // PEM
};

// Those in the folder, made first if they are not there. names: host names and addresses under which the box is known.
Expected<CertificateFiles> self_made_certificate(const std::filesystem::path& folder,
                                                 const std::vector<std::string>& names);

// SHA-256 as browsers show it: "AB:CD:...". Error: the file is no certificate.
Expected<std::string> fingerprint_of(const std::filesystem::path& certificate);

}  // namespace gateway
