using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Observe.Telemetry;

/// <summary>Where metrics go: by OTLP to a collector, and to whoever asks the live page's port for them.</summary>
internal static class MetricsExport
{
    private const string OtlpPath = "/v1/metrics";
    private const int Timeout = 2000;

    /// <summary>Begins.</summary>
    /// <param name="otlp">The collector, as it is named to people, without the path of metrics; <see langword="null"/> for none.</param>
    /// <param name="prometheus">Whether they can be asked for.</param>
    /// <param name="interval">How often they are sent.</param>
    /// <returns>Disposing it sends what has not been sent.</returns>
    public static MeterProvider Start(Uri? otlp, bool prometheus, TimeSpan? interval = null)
    {
        MeterProviderBuilder builder = Sdk.CreateMeterProviderBuilder()
            .AddMeter(RunMetrics.MeterName)
            .SetResourceBuilder(ResourceBuilder.CreateDefault().AddService("traversal-learning-orchestrator", serviceVersion: ProductInfo.Version));
        if (prometheus)
        {
            builder.AddPrometheusExporter();
        }

        if (otlp is not null)
        {
            builder.AddOtlpExporter((exporter, reader) =>
            {
                exporter.Endpoint = otlp.AbsolutePath == "/" ? new Uri(otlp, OtlpPath) : otlp;
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.TimeoutMilliseconds = Timeout;
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)(interval ?? TimeSpan.FromSeconds(10)).TotalMilliseconds;
                reader.PeriodicExportingMetricReaderOptions.ExportTimeoutMilliseconds = Timeout;
            });
        }

        return builder.Build();
    }
}
