"""What an inventor signs: keys, manifests, openings, leaves and the details of events, as exact bytes.

Pure: the site, the command line and the verifier read and write the same envelopes, with or without a database. Bytes
that were read are kept and hashed as they are, never written again; what could be written in two ways is refused.
"""
