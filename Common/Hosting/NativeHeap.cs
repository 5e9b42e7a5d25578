using System.Runtime.InteropServices;

namespace TraversalLearning.Hosting;

/// <summary>
/// The memory that tensors come from. Every step takes and gives back the same sizes, and glibc as it comes gives whatever is large back to the
/// system each time, to get it anew, page by page and zeroed, a moment later. Here it is kept for the next step.
/// </summary>
internal static partial class NativeHeap
{
    private const int TrimThreshold = -1; // M_TRIM_THRESHOLD
    private const int MaxMappings = -4; // M_MMAP_MAX
    private const int MaxArenas = -8; // M_ARENA_MAX
    private const int Never = -1;

    /// <summary>
    /// Lets the process keep what it has once used. Does nothing where the environment sets up glibc's allocator, which then is as the user wants
    /// it, and on systems without glibc. No result depends on it.
    /// </summary>
    public static void KeepMemory()
    {
        if (!OperatingSystem.IsLinux() || IsSetUpByEnvironment())
        {
            return;
        }

        try
        {
            // One arena, since only the main one can grow beyond 64 MiB without mappings of its own.
            _ = SetOption(MaxArenas, 1);
            _ = SetOption(MaxMappings, 0);
            _ = SetOption(TrimThreshold, Never);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library: it has its own ways.
        }
    }

    private static bool IsSetUpByEnvironment() => Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(
        name => name == "GLIBC_TUNABLES" || name.StartsWith("MALLOC_", StringComparison.Ordinal));

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
