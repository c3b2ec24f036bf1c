"""What a browser sends goes to the disk, up to the size that a file may have."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

MEGABYTE = 1024 * 1024


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Keeps no more than `FILE_MEGABYTES` of a file; its `size` still tells how much came.

    The form that asked for the file refuses it by its size, with a sentence.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start <= settings.FILE_MEGABYTES * MEGABYTE:
            return super().receive_data_chunk(raw_data, start)
        return None

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        file: UploadedFile[bytes] | None = super().file_complete(file_size)
        if file is not None:
            file.size = file_size
        return file
