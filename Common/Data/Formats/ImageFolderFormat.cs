using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>
/// Images in folders, as for torchvision's <c>ImageFolder</c>: <c>train/CLASS/NAME.png</c> and <c>test/CLASS/NAME.jpg</c>, with
/// <c>schema.json</c> (<see cref="ImageSchema"/>). Classes are named after their folders and numbered alike at all nodes, as
/// those of tables are.
/// </summary>
internal sealed class ImageFolderFormat : ISampleFormat
{
    private static readonly HashSet<string> Extensions = new([".png", ".jpg", ".jpeg", ".bmp", ".gif"], StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public bool IsPrepared => true;

    /// <inheritdoc/>
    public string FilesOf(DatasetPart part) => $"{NameOf(part)}/CLASS/*.png or .jpg and {SchemaFile.Name}";

    /// <inheritdoc/>
    public bool IsIn(string directory, DatasetPart part, bool labels = true)
    {
        string folder = Path.Combine(directory, NameOf(part));
        return Directory.Exists(folder) && (labels ? ClassFolders(folder).Any() : Images(folder, SearchOption.AllDirectories).Any());
    }

    /// <inheritdoc/>
    public ISamples Open(string directory, DatasetPart part, int? classCount, bool labels = true)
    {
        var schema = ImageSchema.Read(directory);
        string folder = Path.Combine(directory, NameOf(part));
        try
        {
            return labels ? Labelled(folder, schema) : Unlabelled(folder, schema);
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(folder, e);
        }
    }

    private static string NameOf(DatasetPart part) => part == DatasetPart.Train ? "train" : "test";

    private static ImageSamples Unlabelled(string folder, ImageSchema schema)
    {
        string[] files = [.. Images(folder, SearchOption.AllDirectories)];
        return new ImageSamples(schema.Image, files, new int[files.Length], NoClasses(schema)) { IsLabelled = false };
    }

    private static ImageSamples Labelled(string folder, ImageSchema schema)
    {
        var vocabulary = new Vocabulary();
        var files = new List<string>();
        var labels = new List<int>();
        foreach (string of in ClassFolders(folder))
        {
            string name = TableText.Value(Path.GetFileName(of));
            if (schema.Classes?.Contains(name, StringComparer.Ordinal) == false)
            {
                throw new DataException(of, $"'{name}' is none of the \"classes\" in {SchemaFile.Name}: {TableLimits.Some(schema.Classes)}");
            }

            string[] images = [.. Images(of, SearchOption.AllDirectories)];
            if (images.Length == 0)
            {
                throw new DataException(of, $"is the folder of a class and has no image in it ({string.Join(", ", Extensions)}); remove it, or put some there");
            }

            files.AddRange(images);
            labels.AddRange(images.Select(_ => vocabulary.IndexOf(name)));
        }

        (string[] names, int[] places) = vocabulary.Sorted();
        string[] classes = schema.Classes ?? names;
        if (TableLimits.Problem([], ImageSamples.Label, classes) is { } problem)
        {
            throw new DataException(folder, problem);
        }

        int[] order = Array.ConvertAll(places, place => Array.IndexOf(classes, names[place]));
        return new ImageSamples(schema.Image, [.. files], [.. labels.Select(l => order[l])], NoClasses(schema) with { Classes = classes, ClosedClasses = schema.Classes is not null });
    }

    private static TableDictionary NoClasses(ImageSchema schema) => new(ImageSamples.Label, [], []) { Image = schema.Image };

    private static IEnumerable<string> ClassFolders(string folder) => Directory.EnumerateDirectories(folder).Where(IsShown).Order(StringComparer.Ordinal);

    // Sorted, because the order of a directory depends on the file system.
    private static IEnumerable<string> Images(string folder, SearchOption depth) => Directory
        .EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = depth == SearchOption.AllDirectories, AttributesToSkip = FileAttributes.None })
        .Where(f => IsShown(f) && Extensions.Contains(Path.GetExtension(f)))
        .OrderBy(f => Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/'), StringComparer.Ordinal);

    private static bool IsShown(string path) => Path.GetFileName(path)[0] != '.';
}
