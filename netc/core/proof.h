/* Proofs that the solver writes, as LRAT. */
#ifndef NETC_CORE_PROOF_H
#define NETC_CORE_PROOF_H

#include <stdint.h>

/* A proof from a formula of so many clauses; null without memory. */
netc_proof *netc_proof_new(int64_t clauses);
void netc_proof_free(netc_proof *proof);
int64_t netc_proof_steps(netc_proof *proof);
/* Keeps what the last step needs; returns how many steps those are. */
int64_t netc_proof_trim(netc_proof *proof);
/* LRAT text of a trimmed proof, from where the last call ended: fills at most `capacity` bytes, returns 0 at the end. */
int64_t netc_proof_print(netc_proof *proof, uint8_t *buffer, int64_t capacity);

#endif
