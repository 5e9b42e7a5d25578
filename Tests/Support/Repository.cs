namespace TraversalLearning.Tests.Support;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Repository
{
    // Tests/<project>/bin/<configuration>/<framework>/
    private static readonly DirectoryInfo Framework = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    /// <summary>A file or folder in it.</summary>
    public static string PathOf(params string[] names) => Path.Combine([Framework.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, .. names]);

    /// <summary>A program that was built as these tests were.</summary>
    public static string Program(string project) => PathOf(project, "bin", Framework.Parent!.Name, Framework.Name, project);
}
