namespace TraversalLearning.Data.Datasets;

/// <summary>Where data sets are looked for, and whether and how they may be downloaded.</summary>
public sealed record DatasetOptions
{
    /// <summary>The sets that are known by name.</summary>
    public IReadOnlyList<KnownDataset> Catalog { get; init; } = KnownDataset.All;

    /// <summary>
    /// Folders that hold a sub-folder for each set, in search order. The last, the cache, is not named here: it is
    /// <see cref="CacheFolder"/>.
    /// </summary>
    public IReadOnlyList<string> SearchFolders { get; init; } = [];

    /// <summary>Holds a sub-folder for each set; downloads go there.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Where the distribution's packages put data sets, searched after the cache.</summary>
    public string SystemFolder { get; init; } = "/usr/share/datasets";

    /// <summary>Whether a set that is nowhere to be found may be downloaded.</summary>
    public bool AllowDownload { get; init; } = true;

    /// <summary>The longest time for one file, and within it to connect.</summary>
    public TimeSpan DownloadTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest time to connect to a mirror.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The most bytes that a downloaded file may have.</summary>
    public long MaxDownloadBytes { get; init; } = 64 << 20;

    /// <summary>What the downloads go through instead of the network; not disposed. For tests.</summary>
    public HttpMessageHandler? HttpHandler { get; init; }

    /// <summary>
    /// The user's: <c>$TL_DATA</c> if set, <c>./data</c>, the cache <c>~/.cache/traversal-learning</c>
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
