using TraversalLearning.Data.Formats;

namespace TraversalLearning.Data.Datasets;

/// <summary>Finds a data set's files in the folders of <see cref="DatasetOptions"/>, or downloads them.</summary>
public static class DatasetLocator
{
    /// <summary>Finds the data set named by <c>--dataset</c>: a set of the catalog, or a directory with files.</summary>
    /// <param name="nameOrDirectory">For example <c>fashion-mnist</c>, <c>mnist</c> or <c>/srv/scans</c>.</param>
    /// <param name="options">Where to look; by default <see cref="DatasetOptions.FromEnvironment"/>.</param>
    /// <param name="log">Receives a line for each slow operation.</param>
    /// <param name="cancellationToken">Cancels a download.</param>
    /// <param name="labels">Whether labels are required.</param>
    /// <exception cref="DataException">The set was not found; the message says what to do.</exception>
    public static async Task<DatasetFiles> LocateAsync(
        string nameOrDirectory, DatasetOptions? options = null, IProgress<string>? log = null, CancellationToken cancellationToken = default, bool labels = true)
    {
        options ??= DatasetOptions.FromEnvironment();
        KnownDataset? known = options.Catalog.FirstOrDefault(d => string.Equals(d.Info.Name, nameOrDirectory, StringComparison.Ordinal));
        if (known is null)
        {
            return InDirectory(nameOrDirectory, options, labels);
        }

        string name = known.Info.Name;
        string cache = Path.Combine(options.CacheFolder, name);
        string[] folders = [.. options.SearchFolders.Select(f => Path.Combine(f, name)), cache, Path.Combine(options.SystemFolder, name)];
        DatasetFiles? found = folders.Select(folder => DatasetFiles.Find(folder, known.Info, labels)).FirstOrDefault(files => files is { HasTrain: true, HasTest: true });
        if (found is not null)
        {
            return found;
        }

        string hint = (known.InstallHint is { } install ? install + ", or " : "") + $"put {known.Content} into {cache}";
        if (known.Mirrors.Count == 0 || !options.AllowDownload)
        {
            string download = known.Mirrors.Count == 0 ? "" : "allow its download, or ";
            throw new DataException(name, $"not found in {string.Join(", ", folders)}; {download}{hint}");
        }

        try
        {
            await DatasetDownloader.DownloadAsync(known, cache, options, log, cancellationToken);
        }
        catch (DataException e)
        {
            throw new DataException(name, $"not found in {string.Join(", ", folders)}, and not downloaded ({e.Message}); {hint}", e);
        }

        return DatasetFiles.Find(cache, known.Info, labels) ?? throw new DataException(cache, "the downloaded files have gone");
    }

    /// <summary>Finds the files of a node's own data, <c>--data DIR</c>: no class count, mean and standard deviation 0.5.</summary>
    /// <exception cref="DataException">The directory does not exist or has no sample files.</exception>
    public static DatasetFiles InDirectory(string directory) => InDirectory(directory, options: null, labels: true);

    private static DatasetFiles InDirectory(string directory, DatasetOptions? options, bool labels)
    {
        if (!Directory.Exists(directory))
        {
            string names = options is null ? "" : $" (known data sets: {string.Join(", ", options.Catalog.Select(d => d.Info.Name))})";
            throw new DataException(directory, "no such directory" + names);
        }

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));
        return DatasetFiles.Find(directory, new DatasetInfo(name, Mean: 0.5, Std: 0.5, ClassCount: null), labels)
            ?? throw new DataException(directory, $"no {SampleFormats.TrainFiles} in it");
    }
}
