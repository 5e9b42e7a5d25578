using System.Globalization;

namespace TraversalLearning.Hosting;

/// <summary>
/// How many files and sockets this process may still open. Running out of them is worse than a failed call: the runtime needs some itself,
/// and ends the process when it has none.
/// </summary>
public static class FileDescriptors
{
    private const string Limit = "Max open files";

    /// <summary>Those that are left; <see cref="int.MaxValue"/> where the system does not tell.</summary>
    public static int Available()
    {
        try
        {
            string? line = File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith(Limit, StringComparison.Ordinal));
            string? soft = line?[Limit.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            int open = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
            return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) ? Math.Max(limit - open, 0) : int.MaxValue;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return int.MaxValue;
        }
    }

    /// <summary>A limit to advise for so many sockets: with some for everything else, and round.</summary>
    public static int Advice(int sockets)
    {
        const int Besides = 256;
        return (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(sockets + Besides));
    }
}
