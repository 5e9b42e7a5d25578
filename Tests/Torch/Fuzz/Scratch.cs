namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>A folder for decoders that read files, in memory where the system has such a place: a disk would take most of the time.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly Lazy<string> _folder = new(() =>
    {
        string root = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        return Directory.CreateDirectory(Path.Combine(root, $"tl-fuzz-{Guid.NewGuid():N}")).FullName;
    });

    /// <summary>Writes a file and gives its path.</summary>
    public string Write(string name, byte[] content)
    {
        string path = Path.Combine(_folder.Value, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_folder.IsValueCreated)
        {
            Directory.Delete(_folder.Value, recursive: true);
        }
    }
}
