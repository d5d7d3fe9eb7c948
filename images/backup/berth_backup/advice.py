"""advice.py: the setting that mends a fault, by what pgBackRest and restic say of it."""

import re

from . import settings

WRONG_KEY = (
    "backupKey is not the key that this repository was made with. Give the stack that key (pulumi config set --secret "
    "backupKey --stack {stack}, then npx berth up --stack {stack}), or a repository of its own"
)

# What to look at when a repository does not answer.
PLACES = {
    "volume": "the disk of Docker's volumes",
    "s3": "the service of backupS3Endpoint, and the way to it from the stack's host",
    "sftp": "the host of backupSftp, and the way to it from the stack's host",
}

# What mends each fault, by a sign of it in what pgBackRest or restic said.
ADVICE = (
    (r"known hosts failure", "backupSftpHostKey is not the other host's key; ssh-keyscan shows it"),
    (r"public key authentication failed", "backupSftpKey does not log in there"),
    (r"unable to verify certificate", "backupS3Ca has to be the authority of the service's certificate"),
    (r"SignatureDoesNotMatch", "backupS3SecretKey is not the secret key of backupS3AccessKey"),
    (r"InvalidAccessKeyId", "backupS3AccessKey is not known there"),
    (r"NoSuchBucket", "backupS3Bucket does not exist"),
    (
        r"\[50[0234]\]|SlowDown|50[0234] (?:Internal|Bad|Service|Gateway)",
        "the service of backupS3Endpoint is up but does not work",
    ),
    (r"unable to get address for|HostConnectError|no such host", "the repository's host is not reached"),
    (r"No space left on device|StorageFull|QuotaExceeded", "the repository's disk is full; free some room there"),
    (
        r"is not later than latest backup label",
        "the clock was wrong when the newest backup was made. Backups are made again from its time on, or at once in a "
        "repository of its own",
    ),
    # Bytes that a wrong key makes are mostly no padding, and otherwise no file of pgBackRest's.
    (r"unable to load info file[^\n]*\s+(?:Crypto|Format)Error", WRONG_KEY),
    (r"wrong password or no key found", WRONG_KEY),
)


def advised(words, said):
    advice = next((advice for sign, advice in ADVICE if re.search(sign, said)), None)
    return words if advice is None else f"{advice.format(stack=settings.stack())}: {words}"
