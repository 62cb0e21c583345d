#include "plan/traffic.h"

double traffic_canary_events(const struct traffic *traffic, double minutes)
{
    return traffic->events_per_minute * traffic->canary_share * minutes;
}

double traffic_minutes(const struct traffic *traffic, double canary_events)
{
    double rate = traffic_canary_events(traffic, 1.0);
    return rate > 0.0 ? canary_events / rate : 0.0;
}

double traffic_stable_per_canary(const struct traffic *traffic)
{
    return (1.0 - traffic->canary_share) / traffic->canary_share;
}
