using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TraversalLearning.Hosting;

namespace TraversalLearning.Tests.Support;

/// <summary>One thread for computation in the whole test run, fixed before anything of it, test cases included, uses a tensor.</summary>
internal static class OneThread
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "Nothing else runs before test cases are made.")]
    public static void Load() => LibTorch.Load(threads: 1);
}
