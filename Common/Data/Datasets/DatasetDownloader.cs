using System.Security.Cryptography;

namespace TraversalLearning.Data.Datasets;

/// <summary>Downloads the files of a known data set. A file gets its final name only after its SHA-256 has been verified.</summary>
internal static class DatasetDownloader
{
    private const int BufferSize = 1 << 16;

    /// <summary>Downloads the files missing from <paramref name="folder"/>, each from the first mirror that has it.</summary>
    /// <exception cref="DataException">No mirror supplied a valid file.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static async Task DownloadAsync(
        KnownDataset dataset, string folder, DatasetOptions options, IProgress<string>? log, CancellationToken cancellationToken)
    {
        using HttpClient client = CreateClient(options);
        foreach (KnownFile file in dataset.Files)
        {
            string target = Path.Combine(folder, file.Name);
            if (!File.Exists(target))
            {
                await DownloadFromAnyMirrorAsync(client, dataset.Mirrors, file, target, options, log, cancellationToken);
            }
        }
    }

    private static HttpClient CreateClient(DatasetOptions options)
    {
        HttpMessageHandler handler = options.HttpHandler ?? new SocketsHttpHandler { ConnectTimeout = options.ConnectTimeout };

        // HttpClient's own timeout covers only the headers; the time for a whole file is limited below.
        return new HttpClient(handler, disposeHandler: options.HttpHandler is null) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static async Task DownloadFromAnyMirrorAsync(
        HttpClient client, IReadOnlyList<Uri> mirrors, KnownFile file, string target, DatasetOptions options, IProgress<string>? log,
        CancellationToken cancellationToken)
    {
        DataException? failure = null;
        foreach (Uri mirror in mirrors)
        {
            var address = new Uri(mirror, file.Name);
            log?.Report($"downloading {address}");
            try
            {
                await DownloadFileAsync(client, address, file, target, options, cancellationToken);
                return;
            }
            catch (DataException e)
            {
                failure = e;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested
                && e is HttpRequestException or IOException or UnauthorizedAccessException or OperationCanceledException)
            {
                string reason = e is OperationCanceledException ? $"took longer than {options.DownloadTimeout.TotalSeconds:0} s" : e.Message;
                failure = new DataException(address.ToString(), reason, e);
            }
        }

        throw failure ?? new DataException(file.Name, "no address to download it from");
    }

    private static async Task DownloadFileAsync(
        HttpClient client, Uri address, KnownFile file, string target, DatasetOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = $"{target}.{Guid.NewGuid():N}.part";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.DownloadTimeout);
        try
        {
            string hash;
            await using (var output = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                hash = await CopyAsync(client, address, output, options.MaxDownloadBytes, limit.Token);
            }

            if (!string.Equals(hash, file.Sha256, StringComparison.Ordinal))
            {
                throw new DataException(address.ToString(), $"its SHA-256 is {hash} instead of {file.Sha256}");
            }

            // Two programs may download at the same time; both files are valid.
            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task<string> CopyAsync(HttpClient client, Uri address, Stream output, long maxBytes, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferSize];
        long total = 0;
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            total += read;
            if (total > maxBytes)
            {
                throw new DataException(address.ToString(), $"larger than {maxBytes} bytes");
            }

            hash.AppendData(buffer, 0, read);
            await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
