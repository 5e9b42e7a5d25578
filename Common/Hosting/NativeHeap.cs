using System.Runtime.InteropServices;

namespace TraversalLearning.Hosting;

/// <summary>
/// Tunes the allocator behind tensors. Every step allocates and frees the same sizes; by default glibc returns large blocks to
/// the system and gets them back page by page, zeroed. Here they are kept for the next step.
/// </summary>
internal static partial class NativeHeap
{
    private const int TrimThreshold = -1; // M_TRIM_THRESHOLD
    private const int MaxMappings = -4; // M_MMAP_MAX
    private const int MaxArenas = -8; // M_ARENA_MAX
    private const int Never = -1;

    /// <summary>
    /// Keeps freed memory in the process. Does nothing if the environment configures glibc's allocator, or without glibc. Results do
    /// not depend on it.
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
            // Another C library with its own allocator.
        }
    }

    private static bool IsSetUpByEnvironment() => Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(
        name => name == "GLIBC_TUNABLES" || name.StartsWith("MALLOC_", StringComparison.Ordinal));

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
