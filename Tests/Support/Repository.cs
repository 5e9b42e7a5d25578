namespace TraversalLearning.Tests.Support;

/// <summary>The working tree that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] Built = ["bin", "obj", ".git", "runs", "data", "shared"];

    public static string Root { get; } = Find();

    /// <summary>Relative paths, with <c>/</c>, of the source files with one of these endings.</summary>
    public static IEnumerable<string> Files(params string[] endings) =>
        Walk(new DirectoryInfo(Root)).Where(p => endings.Any(e => p.EndsWith(e, StringComparison.Ordinal))).Order(StringComparer.Ordinal);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string PathOf(params string[] names) => Path.Combine([Root, .. names]);

    /// <summary>A program that was built as these tests were.</summary>
    public static string Program(string project)
    {
        // Tests/<project>/bin/<configuration>/<framework>/
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return PathOf(project, "bin", framework.Parent!.Name, framework.Name, project);
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder) =>
    [
        .. folder.EnumerateFiles().Select(f => Path.GetRelativePath(Root, f.FullName).Replace('\\', '/')),
        .. folder.EnumerateDirectories().Where(d => !Built.Contains(d.Name, StringComparer.Ordinal)).SelectMany(Walk),
    ];

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "TraversalLearning.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("no TraversalLearning.sln above the tests");
    }
}
