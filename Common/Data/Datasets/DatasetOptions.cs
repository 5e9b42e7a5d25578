namespace TraversalLearning.Data.Datasets;

/// <summary>Where to look for data sets, and whether and how to download them.</summary>
public sealed record DatasetOptions
{
    /// <summary>The data sets known by name.</summary>
    public IReadOnlyList<KnownDataset> Catalog { get; init; } = KnownDataset.All;

    /// <summary>
    /// Folders with a sub-folder for each set, in search order. The cache, searched after them, is <see cref="CacheFolder"/>.
    /// </summary>
    public IReadOnlyList<string> SearchFolders { get; init; } = [];

    /// <summary>The cache, with a sub-folder for each set; downloads are stored here.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Where distribution packages install data sets; searched after the cache.</summary>
    public string SystemFolder { get; init; } = "/usr/share/datasets";

    /// <summary>Whether a missing set may be downloaded.</summary>
    public bool AllowDownload { get; init; } = true;

    /// <summary>Time limit for one file, including connecting.</summary>
    public TimeSpan DownloadTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time limit for connecting to a mirror.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Maximum size of a downloaded file in bytes.</summary>
    public long MaxDownloadBytes { get; init; } = 64 << 20;

    /// <summary>Replaces the network in tests; not disposed.</summary>
    public HttpMessageHandler? HttpHandler { get; init; }

    /// <summary>
    /// The user's options: <c>$TL_DATA</c> if set, <c>./data</c>, and the cache <c>~/.cache/traversal-learning</c>
    /// (<c>$XDG_CACHE_HOME</c> is honoured).
    /// </summary>
    public static DatasetOptions FromEnvironment()
    {
        string? named = Environment.GetEnvironmentVariable("TL_DATA");
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache))
        {
            cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        }

        return new DatasetOptions
        {
            SearchFolders = string.IsNullOrEmpty(named) ? ["data"] : [named, "data"],
            CacheFolder = Path.Combine(cache, "traversal-learning"),
        };
    }
}
