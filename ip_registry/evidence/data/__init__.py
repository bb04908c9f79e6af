"""What evidence is made of besides records: the type of certificates, and the papers that lie in every bundle."""
