using System.IO.MemoryMappedFiles;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>The input under way in a file, which outlives a process that a decoder takes down with it (stack overflow, native code).</summary>
internal sealed class LastInput : IDisposable
{
    private const int Capacity = 1 << 20;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public LastInput(string path)
    {
        Path = path;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, mapName: null, Capacity);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Four bytes of length, then the input.</summary>
    public string Path { get; }

    public void Keep(byte[] input)
    {
        int length = Math.Min(input.Length, Capacity - sizeof(int));
        _view.Write(0, length);
        _view.WriteArray(sizeof(int), input, 0, length);
    }

    /// <summary>The run came back: the file has no more use.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
        File.Delete(Path);
    }
}
